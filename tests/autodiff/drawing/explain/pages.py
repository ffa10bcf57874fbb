"""Programs that tests of the page explain, and what they read off it."""
import json

import numpy as np

import autodiff as ad
import nn


def leaf(value, name=None):
    return ad.Tensor(np.array(value, np.float64), requires_grad=True, name=name)


def fan_out(a):
    b = a + a
    c = b + b
    return c


def uneven_diamond(a):
    b = a * 2.0
    m = b * b
    return b + m


def mlp():
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))
    x, y = np.random.randn(8, 2).astype(np.float32), np.random.randn(8, 1).astype(np.float32)
    return model, lambda: nn.functional.mse_loss(model(x), y)


def story_of(page):
    return json.loads(page.locator("#story").text_content())


def shown_gradients(page, column="engine"):
    """The numbers that the table of results shows, by the names of the leaves."""
    names = {str(quantity["id"]): quantity["name"] for quantity in story_of(page)["quantities"]}
    found = page.locator(f"#results .{column}").evaluate_all(
        "boxes => boxes.map(box => [box.dataset.quantity,"
        " [...box.querySelectorAll('tr')].map(row => [...row.cells].map(cell => cell.textContent))])"
    )
    return {names[i]: np.array([[float(x.replace("−", "-")) for x in row] for row in rows]) for i, rows in found}


def step_number(page):
    return int(page.locator("#scrub").input_value())


def go_to(page, kind, number=0):
    """Move to the step number `number` of a kind, by the keyboard."""
    index = [i for i, step in enumerate(story_of(page)["steps"]) if step["kind"] == kind][number]
    page.locator("h1").click()
    page.keyboard.press("Home")
    for _ in range(index):
        page.keyboard.press("ArrowRight")
    return index
