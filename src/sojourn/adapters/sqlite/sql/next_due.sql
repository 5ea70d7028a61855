-- The earliest due of all workspaces: one step in the index for each workspace, because the index starts with it.
WITH RECURSIVE workspace (id) AS (
    SELECT min(workspace_id)
    FROM people_person
    WHERE due IS NOT NULL
    UNION ALL
    SELECT (
        SELECT min(workspace_id)
        FROM people_person
        WHERE due IS NOT NULL AND workspace_id > workspace.id
    )
    FROM workspace
    WHERE workspace.id IS NOT NULL
)
SELECT min(earliest)
FROM (
    SELECT (
        SELECT min(due)
        FROM people_person
        WHERE due IS NOT NULL AND workspace_id = workspace.id
    ) AS earliest
    FROM workspace
    WHERE workspace.id IS NOT NULL
)
