-- name: create_token(name, sha256)^
INSERT INTO tokens (name, sha256)
VALUES (:name, :sha256)
ON CONFLICT (name) DO NOTHING
RETURNING name, sha256, created_at, last_used_at;

-- name: list_tokens()
SELECT name, sha256, created_at, last_used_at
FROM tokens
ORDER BY name;

-- name: revoke_token(name)^
DELETE FROM tokens
WHERE name = :name
RETURNING name;

-- name: note_use(name)!
UPDATE tokens
SET last_used_at = now()
WHERE name = :name
  AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute');
