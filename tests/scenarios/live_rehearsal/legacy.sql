CREATE TABLE guests(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, room INTEGER UNIQUE,
                    hotel TEXT NOT NULL, remark TEXT DEFAULT 'none');
CREATE TABLE alarms(id INTEGER PRIMARY KEY);
INSERT INTO guests(id, name, email, room, hotel) VALUES
  (1, 'Ann',   'Ann@Example.org', 101, 'Ritz'),
  (2, 'Bob',   NULL,              102, 'Ritz'),
  (3, 'Cleo',  'cleo@example.org', NULL, 'Adler'),
  (4, 'Dora',  NULL,              104, 'Post'),
  (5, 'Emil',  'emil@example.org', 105, 'Adler');
