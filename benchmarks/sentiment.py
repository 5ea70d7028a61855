"""How far the word list agrees with people: 3,708 snippets of product reviews, each rated by ten of them."""

import sys
from pathlib import Path
from statistics import correlation

import duckdb

from sojourn.capture.streams.sentiment import score


def main() -> None:
    """Print the agreement on the Parquet file named on the command line (columns text, mean_rating from -4 to 4)."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/fixtures/data/vader_icwsm2014/amazonReviewSnippets.parquet")
    rows = duckdb.execute("SELECT text, mean_rating FROM read_parquet(?)", [str(path)]).fetchall()
    pairs = [(score(text), rating / 4) for text, rating in rows]
    said = [(ours, people) for ours, people in pairs if ours is not None]
    clear = [(ours, people) for ours, people in said if abs(people) >= 0.25]
    print(f"{len(pairs):,} texts, {len(said) / len(pairs):.0%} with a word of the list")
    print(f"Pearson correlation with the mean rating: {correlation([ours or 0.0 for ours, _ in pairs], [people for _, people in pairs]):.2f}")
    print(f"the same where the text has a word of the list: {correlation([ours for ours, _ in said], [people for _, people in said]):.2f}")
    print(f"on people's side where they are clear (1 of 4 or more): {sum(ours * people > 0 for ours, people in clear) / len(clear):.0%} of {len(clear):,}")


if __name__ == "__main__":
    main()
