"""How a short English text feels: a word list of our own, with negation, strength and emoji.

A list sees words, not meaning: irony and comparisons escape it. How well it agrees with people is in docs/how-to/watch-social-media.md, and
benchmarks/sentiment.py measures it. Source: docs/adr/0095-sentiment-is-a-word-list.md
"""

import re
from math import sqrt
from typing import Final

_LISTS: Final = {
    3.0: """
        amazing awesome brilliant excellent exceptional extraordinary fabulous fantastic flawless incredible incredibly magnificent marvelous
        marvellous outstanding perfect perfectly phenomenal spectacular stunning superb terrific unbeatable wonderful wonderfully love loved loves
        loving adore adored masterpiece best delighted thrilled ecstatic
    """,
    2.0: """
        beautiful beautifully charming delight delightful enjoy enjoyable enjoyed enjoying enjoys excited exciting favorite favourite fun glad
        gorgeous great greatest happy happier happily impressed impressive impressively joy kudos lovely pleased pleasant pleasantly recommend
        recommended recommends superior sweet thank thanks thankful winner win wins wow yay elegant excels incredible remarkable remarkably satisfied
        satisfying treat vibrant worth helpful hilarious praise blessed bravo congratulations stellar
    """,
    1.3: """
        accurate adequate advantage affordable appreciate appreciated attractive bargain better bonus bright capable clean clear clearly comfortable
        comfortably compact compatible convenient cool crisp decent durable easier easiest easily easy effective efficient fair fast faster fine
        flexible friendly generous gift good handy helps honest improve improved improvement intuitive kind light lightweight like liked likes logical
        lucky neat nice nicely nicer plus polite powerful precise pretty promptly quality quick quickly quiet reliable responsive rich safe secure
        sharp simple sleek slick smart smooth smoothly solid speedy stable strong sturdy stylish success successful suitable supportive sure sturdier
        tidy top trust useful user-friendly valuable versatile warm welcome well works worked yummy tasty delicious fresh gentle excels recommendable
        pleasure correct fixed resolved solved ideal
    """,
    -1.3: """
        annoying annoyed awkward awkwardly bland blurry bulky bug bugs buggy cheap cheaply clumsy complain complained complaint complaints complicated
        concern confused confusing confusion cons con cramped delay delayed difficult difficulty disadvantage dislike dull error errors expensive fake
        flaw flaws flimsy fragile grainy gripe hard hassle heavy hiss hum inconvenient irritating lack lacking lacks lag laggy leak leaks limited
        loose loud mediocre mess missing misleading negative noise noisy odd outdated overpriced painful poorly problem problems rattles sadly scratch
        scratched scratches sluggish slow slower slowly stuck tedious tiny tricky trouble troubles uncomfortable unclear unfortunate unfortunately
        unhappy unresponsive warning weak weird worn wrong wobbly worried worry shame tired sorry unable issue issues steep late skip skips jam jams
        freeze freezes locks glitch glitches drawback
    """,
    -2.0: """
        angry avoid bad badly bogus boring broke broken break breaks breaking cracked crash crashed crashes crashing crappy damaged defect defective
        defects disappoint disappointed disappointing disappointment disaster dishonest dissatisfied fail failed failing fails failure faulty
        frustrated frustrating frustration hates ignored inferior junk lame lied lies lost mad mistake nasty nightmare pathetic poor refuse refused
        regret ridiculous rude sad stupid sucked suck sucks trash ugly unacceptable unusable unreliable upset useless waste wasted wasting died dead
        dies lousy ruined ruin insult unsafe cheated
    """,
    -3.0: """
        abysmal appalling atrocious awful awfully crap despise disgusting disgusted disgrace dreadful fraud garbage hate hated hell horrendous
        horrible horribly horrid horrific infuriating rip-off ripoff scam scammed terrible terribly unbearable worst worthless worse pissed furious
        thieves
    """,
}  # fmt: skip
_WORTH: Final = {word: worth for worth, words in _LISTS.items() for word in words.split()}
_EMOJI: Final = {
    **dict.fromkeys("😀😃😄😁😊🙂😍🥰😘🤩😎👍👏🙌🎉🥳❤💖💕💜💙✨🔥💯🙏", 2.0),
    **dict.fromkeys("😞😔😟🙁☹😢😭😡😠🤬👎💔🤮🤢😤😩😫🙄😒💩", -2.0),
}
_FACES: Final = {":)": 1.5, ":-)": 1.5, ":D": 2.0, ":-D": 2.0, ";)": 1.0, ";-)": 1.0, "<3": 2.0, ":(": -1.5, ":-(": -1.5, ":/": -1.0, ":'(": -2.0}
_NOT: Final = frozenset(
    """
    not no never none nobody nothing nowhere neither nor cannot cant can't won't wont don't dont doesn't doesnt didn't didnt isn't isnt aren't wasn't wasnt
    weren't wouldn't wouldnt shouldn't couldn't couldnt hasn't haven't hadn't ain't without hardly barely scarcely lacks lack
    """.split()
)
_STRONGER: Final = frozenset("very really extremely incredibly absolutely totally completely so too super highly utterly truly especially particularly".split())
_WEAKER: Final = frozenset("somewhat slightly fairly rather kinda kind-of sort-of quite bit little mostly almost partly occasionally".split())
_BUT: Final = frozenset("but however although though yet".split())
_ENGLISH: Final = frozenset(
    """
    the and are were it it's its this that these those of to with for from have has had my your our their you he she they we i'm i've be been but not
    very what which when there here if just after before would could can does did
    """.split()
)
"""Small words that only English has."""
_ELSEWHERE: Final = frozenset(
    """
    der das und ist nicht ich ein eine einen einem einer es zu dem mit auf sehr aber wir mein meine von wird sind hat habe haben kein keine auch nur wie bei
    gerne immer leider noch schon wieder
    le la les une des est et pas je avec pour mais vous nous dans que qui sur c'est j'ai cette ce du au
    el los las muy con para pero por mi se del al lo un una y su como
    il gli molto ma che di sono della anche questo ho
    de het een niet ik zeer met voor maar van op zijn dit heb wel ook
    um uma muito mas o da ficou
    og er ikke jeg det och inte jag mycket
    jest nie bardzo ale
    """.split()
)
"""Small words of other languages."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_TOKEN: Final = re.compile(r"[a-z]+(?:['’-][a-z]+)*|[:;][-']?[)(D/]|<3|[!?]+|[\U0001F300-\U0001FAFF\u2600-\u27BF]", re.IGNORECASE)
_TURNS: Final = -0.6
"""Not good is less bad than bad."""
_REACH: Final = 3
"""Words after which a negation or a strengthening is over."""
_EVEN: Final = 12.0
"""How slowly the score nears its ends."""


def felt(text: str, language: str = "") -> float | None:
    """The score of a text that is English, as is said or as its small words tell; None for other languages, and where no word says anything."""
    told = language[:2].lower()
    return score(text) if told == "en" or (not told and _reads_as_english(text)) else None


def _reads_as_english(text: str) -> bool:
    """Whether small words and letters speak for English, or at least not against it: `hell` and `fast` mean something else in German."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text[:2_000])]
    here = sum(word in _ENGLISH for word in words)
    elsewhere = sum(word in _ELSEWHERE or not word.isascii() for word in words)
    letters = "".join(words)
    return here >= elsewhere and 2 * sum(letter > "\u024f" for letter in letters) <= len(letters)


def score(text: str) -> float | None:
    """From -1 (very bad) to 1 (very good), two digits; None where the text holds no word of the list."""
    tokens: list[str] = _TOKEN.findall(text[:5_000])
    shouting = sum(token.isupper() and len(token) > 2 for token in tokens) not in (0, sum(token.isalpha() and len(token) > 2 for token in tokens))
    found: list[tuple[int, float]] = []
    turn = -1
    for place, token in enumerate(tokens):
        word = token.lower().replace("’", "'")
        worth = _WORTH.get(word, _EMOJI.get(token, _FACES.get(token, 0.0)))
        before = [other.lower().replace("’", "'") for other in tokens[max(0, place - _REACH) : place]]
        if word in _BUT:
            turn = place
        if not worth or (word == "like" and before[-1:] and before[-1] not in ("i", "really", "also", "would", "we", "you", "do", "don't", "not", "they")):
            continue
        worth *= 1.3 if before and before[-1] in _STRONGER else 0.7 if before and before[-1] in _WEAKER else 1.0
        worth *= 1.2 if shouting and token.isupper() and len(token) > 2 else 1.0
        worth *= _TURNS if any(other in _NOT for other in before) else 1.0
        found.append((place, worth))
    if not found:
        return None
    # What stands after a "but" is what is meant.
    total = sum(worth * (1.0 if turn < 0 else 0.6 if place < turn else 1.4) for place, worth in found)
    total *= 1 + 0.1 * min(4, sum(token.count("!") for token in tokens if token[0] in "!?"))
    return round(total / sqrt(total * total + _EVEN), 2)
