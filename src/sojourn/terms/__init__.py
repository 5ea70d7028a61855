"""The words every room shares: ids, facts, effects, outcomes, money, time, rules. Types and small pure functions on them; no IO."""
