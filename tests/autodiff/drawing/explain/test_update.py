"""The update at the end of a page is the very one that the optimizer's next step makes, and leaves it as it is."""
import copy

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff.drawing.explain.recording import tell


class Net(nn.Module):
    """With a layer used twice, a tied weight, a parameter that the loss does not depend on, and a frozen one."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.twice = nn.Linear(3, 3, bias=False)
        self.tied = nn.Linear(3, 3, bias=False)
        self.tied.weight = self.twice.weight
        self.unused = nn.Linear(2, 2)
        self.frozen = nn.Linear(3, 1)
        for each in self.frozen.parameters():
            each.requires_grad = False

    def forward(self, x):
        return self.frozen(self.tied(ad.tanh(self.twice(ad.tanh(self.twice(self.first(x)))))))


def program(make_optimizer, steps=3):
    nn.manual_seed(1)
    model = Net()
    x = np.arange(12, dtype=np.float32).reshape(4, 3) / 10.0
    optimizer, schedule = make_optimizer(model), None
    if isinstance(optimizer, tuple):
        optimizer, schedule = optimizer

    def loss():
        return nn.functional.mse_loss(model(x), np.ones((4, 1), np.float32))

    def train():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        if schedule is not None:
            schedule.step(value.item()) if isinstance(schedule, nn.schedules.ReduceLROnPlateau) else schedule.step()

    for _ in range(steps):
        train()
    return model, loss, optimizer, train


def scheduled(make_schedule, **settings):
    def make(model):
        optimizer = nn.SGD(model.parameters(), lr=0.1, **settings)
        return optimizer, make_schedule(optimizer)

    return make


OPTIMIZERS = {
    "plain descent": lambda m: nn.SGD(m.parameters(), lr=0.1),
    "momentum": lambda m: nn.SGD(m.parameters(), lr=0.1, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "look-ahead": lambda m: nn.SGD(m.parameters(), lr=0.1, momentum=0.9, nesterov=True),
    "Keras's momentum": lambda m: nn.SGD(m.parameters(), lr=0.1, momentum=0.9, form="keras"),
    "Adam": lambda m: nn.Adam(m.parameters(), lr=0.1, weight_decay=0.1),
    "Keras's Adam": lambda m: nn.Adam(m.parameters(), lr=0.1, form="keras"),
    "AdamW": lambda m: nn.AdamW(m.parameters(), lr=0.1, weight_decay=0.1),
    "RMSprop": lambda m: nn.RMSprop(m.parameters(), lr=0.01, momentum=0.5, centered=True),
    "Adagrad": lambda m: nn.optim.Adagrad(m.parameters(), lr=0.1, lr_decay=0.1),
    "groups": lambda m: nn.SGD(
        [{"params": m.first.parameters(), "lr": 0.5}, {"params": m.unused.parameters()},
         {"params": [m.twice.weight], "weight_decay": 0.3, "momentum": 0.5}], lr=0.1,
    ),
    "groups without decay of biases": lambda m: nn.AdamW(nn.optim.decay_groups(m, 0.1), lr=0.1),
    "some parameters only": lambda m: nn.Adam(m.first.parameters(), lr=0.1),
    "steps of the rate": scheduled(lambda o: nn.schedules.StepLR(o, step_size=2), momentum=0.9),
    "cosine": scheduled(lambda o: nn.schedules.CosineAnnealingLR(o, 5)),
    "a function": scheduled(lambda o: nn.schedules.LambdaLR(o, lambda epoch: 0.5**epoch)),
    "plateau": scheduled(lambda o: nn.schedules.ReduceLROnPlateau(o, patience=0)),
}  # fmt: skip


def updates(story):
    return {story.quantities[each.quantity].name: each for each in story.steps if each.kind == "update"}


def state_of(optimizer):
    settings = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
    return repr(optimizer.state_dict()) + repr(settings)


@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_update_shown_is_the_one_that_a_step_makes(name, steps):
    model, loss, optimizer, train = program(OPTIMIZERS[name], steps)
    before = {n: p.numpy() for n, p in model.named_parameters()}
    state = state_of(optimizer)
    shown = updates(tell(loss, (), model, optimizer))
    assert state_of(optimizer) == state
    train()
    changed = {n for n, p in model.named_parameters() if (p.numpy() != before[n]).any()}
    assert changed
    assert changed <= set(shown)
    for n, p in model.named_parameters():
        if n in shown:
            np.testing.assert_array_equal(np.float32(shown[n].before.rows).ravel(), before[n].ravel())
            np.testing.assert_array_equal(np.float32(shown[n].total.rows).ravel(), p.numpy().ravel())
            np.testing.assert_array_equal(np.float32(shown[n].message.rows).ravel(), p.grad.numpy().ravel())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_page_between_two_steps_changes_neither(name):
    watched, untouched = program(OPTIMIZERS[name]), program(OPTIMIZERS[name])
    first = tell(watched[1], (), watched[0], watched[2])
    second = tell(watched[1], (), watched[0], watched[2])
    assert first == second
    watched[3]()
    untouched[3]()
    for a, b in zip(watched[0].parameters(), untouched[0].parameters()):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert state_of(watched[2]) == state_of(untouched[2])
    assert tell(watched[1], (), watched[0], watched[2]) == tell(untouched[1], (), untouched[0], untouched[2])


def test_parameters_that_the_loss_does_not_depend_on_and_frozen_ones_have_no_update():
    model, loss, optimizer, _ = program(OPTIMIZERS["AdamW"])
    assert set(updates(tell(loss, (), model, optimizer))) == {"first.weight", "first.bias", "twice.weight"}


def test_a_tied_weight_has_one_quantity_one_gradient_and_one_update():
    model, loss, optimizer, _ = program(OPTIMIZERS["Adam"])
    story = tell(loss, (), model, optimizer)
    (tied,) = [q for q in story.quantities if q.name == "twice.weight"]
    assert tied.expects == 3
    assert [each.quantity for each in story.steps if each.kind == "update"].count(tied.id) == 1


def test_gradients_that_were_there_before_do_not_enter_the_update():
    model, loss, optimizer, train = program(OPTIMIZERS["momentum"])
    (3.0 * loss()).backward()  # nobody forgot it: the page's step begins anew, and says so
    held = model.first.weight.grad
    value = held.numpy()
    shown = updates(tell(loss, (), model, optimizer))
    assert model.first.weight.grad is held
    np.testing.assert_array_equal(held.numpy(), value)
    train()
    np.testing.assert_array_equal(np.float32(shown["first.bias"].total.rows).ravel(), model.first.bias.numpy())


def test_an_optimizer_of_the_users_own_is_followed():
    class Signs:
        def __init__(self, params):
            self.params, self.count = list(params), 0

        def zero_grad(self):
            for each in self.params:
                each.grad = None

        def step(self):
            self.count += 1
            for each in self.params:
                if each.grad is not None:
                    each.data -= 0.5 * self.count * np.sign(each.grad.data)

    w = ad.Tensor([1.0, -2.0], requires_grad=True, name="w")
    optimizer = Signs([w])
    optimizer.count = 3
    shown = updates(tell(lambda: ad.sum(w * w), (), None, optimizer))
    assert shown["w"].total.rows == [[-1.0, 0.0]]
    assert (optimizer.count, w.tolist()) == (3, [1.0, -2.0])


def test_copies_of_models_and_optimizers_tell_the_same():
    model, loss, optimizer, _ = program(OPTIMIZERS["Adam"])
    story = tell(loss, (), model, optimizer)
    assert tell(loss, (), copy.copy(dict(model.named_parameters())), optimizer).steps == story.steps
