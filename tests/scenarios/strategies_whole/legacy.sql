CREATE TABLE guests(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, room INTEGER,
                    since TEXT NOT NULL DEFAULT '2024-01-02T03:04:05.000000Z', remark TEXT DEFAULT 'none');
CREATE UNIQUE INDEX one_room ON guests(room);
CREATE TABLE alarms(id INTEGER PRIMARY KEY);
INSERT INTO guests(id, name, email, room) VALUES
  (1, 'Ann',   'Ann@Example.org', 101),
  (2, 'Bob',  NULL,              102),
  (3, 'Cleo',  'cleo@example.org', NULL),
  (4, 'Dora',  NULL,              104),
  (5, 'Emil',  'emil@example.org', 105);
