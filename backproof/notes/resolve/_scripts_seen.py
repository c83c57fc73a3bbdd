"""What the scripts of a formula say of its letters: layers, indices, times."""

from __future__ import annotations

from ..parse import (
    Big,
    Scripted,
    Token,
)
from ._layer_names import note_bracketed
from ._lexicon import Lexicon, text_of
from ._scripts import last_layer


def read_scripts(node: Scripted, lexicon: Lexicon) -> None:
    for script in node.scripts:
        raised = last_layer(script.tokens) if script.kind == "sup" else script.tokens
        letters = [t.text for t in raised if t.kind in ("LETTERS", "NAME")]
        lexicon.scripted.update(*letters)
        if isinstance(node.base, Big):
            if script.kind == "sup" and len(script.tokens) == 1 and len(letters) == 1:
                lexicon.limits.add(letters[0])
                lexicon.names.add(letters[0])  # the upper limit of a sum is one size, however it is spelled
            if script.kind == "sub" and letters:
                lexicon.indices.update(_dummies(script.tokens))
                lexicon.summed.update(_dummies(script.tokens))
                tail = [t for t in script.tokens if t.kind not in ("LB", "RB")][-2:]
                if len(tail) == 2 and tail[0].text == "∈":
                    lexicon.sets.add(tail[1].text)
            continue
        if script.kind == "sub" and len(script.tokens) == len(letters) == 1 and len(letters[0]) == 1:
            lexicon.lettered.setdefault(text_of(node.base), set()).update(letters)
        elif script.kind == "sup":
            note_bracketed(text_of(node.base).rpartition(":")[2], raised, lexicon)
            if len(letters) == len(script.tokens) == 1 and len(letters[0]) == 1:
                lexicon.raised.setdefault(letters[0], set()).add(text_of(node.base).rpartition(":")[2])
            for base, letter in _inside_powers(script.tokens):
                lexicon.lettered.setdefault(base, set()).add(letter)
        lengths = [len(t.text) for t in script.tokens if t.kind == "LETTERS"]
        window = any(t.kind == "COMMA" for t in script.tokens) and lengths == [1, 1, 1, 1]  # X_{i+a,j+b}
        if script.kind == "sub" and lengths == [2]:
            (pair,) = (t.text for t in script.tokens if t.kind == "LETTERS")
            lexicon.paired.update(pair)
            lexicon.pair_texts.add(pair)
            lexicon.pairs_of.setdefault(text_of(node.base), set()).add(pair)
        if letters in (["l"], ["L"]) and any(t.kind == "SIGN" for t in script.tokens):
            lexicon.shifted.add("l")
        if script.kind == "sub" and (lengths == [2] or window):
            lexicon.pairs.add(text_of(node.base))
            if window:
                lexicon.windows.add(text_of(node.base))
                lexicon.indices.update(letters)
        if script.kind == "sub" and lengths == [1, 1] and any(t.kind == "COMMA" for t in script.tokens):
            lexicon.commas.setdefault(text_of(node.base), set()).update(letters)
        if script.kind == "sub" and lengths == [1, 1] and any(t.kind == "SIGN" for t in script.tokens):
            lexicon.windows.add(text_of(node.base))
        numbers = [t.text for t in script.tokens if t.kind not in ("LB", "RB")]
        if script.kind == "sub" and len(numbers) == 1 and len(numbers[0]) == 2 and numbers[0].isdigit():
            lexicon.grids.setdefault(text_of(node.base), set()).update(numbers)
        plain = all(t.kind in ("LETTERS", "SIGN", "NUMBER") for t in script.tokens)
        if (
            script.kind == "sub"
            and letters in (["l"], ["L"], ["ell"])
            and (plain or letters == ["ell"])
            and text_of(node.base) not in ("", "n")
        ):
            lexicon.sub_layered.add(text_of(node.base))
            lexicon.layers.update(letters)
            lexicon.indices.update(letters)
        parens = (
            script.kind == "sup" and [t.text for t in script.tokens[:1]] == ["("] and len(script.tokens) > 2
        )
        if parens and script.tokens[1].text in ("t", "tau"):
            lexicon.paren_timed.add(text_of(node.base))
            if [t.text for t in script.tokens[2:4]] == [
                "-",
                "1",
            ]:  # h^{(t-1)}: what comes before, of a recursion
                lexicon.paren_steps.add(script.tokens[1].text)
                lexicon.indices.add(script.tokens[1].text)
        if parens and text_of(node.base) in ("W", "w", "b", "Theta", "V", "U"):
            first = script.tokens[1]
            lexicon.paren_layers = (
                lexicon.paren_layers or first.kind == "NUMBER" or first.text in ("l", "L", "ell")
            )
        if script.kind == "sup" and script.tokens and script.tokens[0].text == "[":
            inside = _first_bracket(script.tokens)
            counted = {x for x in inside if len(x) == 1 or x == "ell"}
            lexicon.layers |= counted
            lexicon.indices |= counted
        elif (
            script.kind == "sup"
            and letters
            and set(letters) <= {"l", "L", "ell"}
            and text_of(node.base) not in ("e", "")
        ):
            lexicon.layered.add(text_of(node.base))
            lexicon.layers.update(letters)
            lexicon.indices.update(letters)
        elif script.kind == "sup" and [t.text for t in script.tokens] == ["1"]:
            lexicon.firsts.add(text_of(node.base))


def _inside_powers(tokens: tuple[Token, ...]) -> list[tuple[str, str]]:
    """The ``z_y`` of ``e^{z_y}``."""
    found = []
    plain = [t for t in tokens if t.kind not in ("LB", "RB")]
    for base, sub, letter in zip(plain, plain[1:], plain[2:], strict=False):
        if (
            base.kind in ("LETTERS", "NAME")
            and sub.kind == "SUB"
            and letter.kind == "LETTERS"
            and len(letter.text) == 1
        ):
            found.append((base.text, letter.text))
    return found


def _first_bracket(tokens: tuple[Token, ...]) -> list[str]:
    inside = []
    for token in tokens[1:]:
        if token.kind == "CLOSE":
            break
        if token.kind == "LETTERS" or token.text == "ell":
            inside.append(token.text)
    return inside


# Letters that a sum over several writes side by side.
COUNTING = set("ijklmnpqrst")


def _dummies(tokens: tuple[Token, ...]) -> list[str]:
    """``i=1``, ``k \\neq i``, ``i,j``: the indices that a sum runs over."""
    found = []
    for k, token in enumerate(tokens):
        if token.kind == "REL":
            break
        if token.kind in ("LETTERS", "NAME") and (k == 0 or tokens[k - 1].kind == "COMMA"):
            several = token.kind == "LETTERS" and len(token.text) in (2, 3) and set(token.text) <= COUNTING
            found += list(token.text) if several else [token.text]  # \sum_{ij}
    return found
