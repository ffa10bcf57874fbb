"""The README's picture can be drawn anew, and shows what its text says: shapes, values and gradients of one step."""
from examples import readme_picture


def test_the_picture_names_what_the_step_computed_with():
    source = readme_picture.draw().source
    for name in ("points", "classes", "0.weight", "0.bias", "2.weight", "2.bias", "loss", "CrossEntropyLoss"):
        assert name in source
    assert "grad" in source
