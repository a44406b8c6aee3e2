CREATE TABLE users(id bigint PRIMARY KEY, email text, full_name text, created_at_ms bigint, updated_at timestamptz,
                   verified bool, balance numeric(12,2), profile jsonb);
