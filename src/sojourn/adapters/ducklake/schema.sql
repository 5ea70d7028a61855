-- One row per fact, as the port's Row has it. JSON columns hold what the client said; `rest` is {"traits", "context", "raw"} without the empty ones.
CREATE TABLE IF NOT EXISTS facts (
    workspace BIGINT,
    person BIGINT,
    happened_at TIMESTAMP,
    id BIGINT,
    session BIGINT,
    source BIGINT,
    recorded_at TIMESTAMP,
    kind VARCHAR,
    name VARCHAR,
    message_id VARCHAR,
    anonymous_id VARCHAR,
    user_id VARCHAR,
    link VARCHAR,
    flags INTEGER,
    value DOUBLE,
    currency VARCHAR,
    props JSON,
    rest JSON
);
ALTER TABLE facts SET PARTITIONED BY (workspace, year(happened_at), month(happened_at));
ALTER TABLE facts SET SORTED BY (person, happened_at);

-- Who became whom. `became` is always the end of the chain.
CREATE TABLE IF NOT EXISTS merges (
    workspace BIGINT,
    person BIGINT,
    became BIGINT
);

-- How far the lake is stands in the extra info of its snapshots; a row here only makes a snapshot where there is nothing else to write.
CREATE TABLE IF NOT EXISTS position (
    sequence BIGINT
);

-- Facts under the person they belong to today: what counting people needs.
CREATE OR REPLACE VIEW facts_today AS
SELECT
    facts.* REPLACE (coalesce(merges.became, facts.person) AS person)
FROM facts
LEFT JOIN merges
    ON merges.workspace = facts.workspace
    AND merges.person = facts.person;
