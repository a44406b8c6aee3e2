CREATE TABLE books(isbn TEXT PRIMARY KEY, title TEXT, author TEXT, tags TEXT, pages TEXT);
INSERT INTO books VALUES
  ('1-11', ' Emma ', 'Jane Austen <JANE@Example.org>', 'novel, classic', '474'),
  ('1-12', 'Persuasion', '"Austen, Jane" <jane@example.org>', NULL, 'unknown'),
  ('2-22', 'Dune', 'Frank Herbert', 'sf', '412'),
  ('3-33', '', 'nobody@example.org', '', '1'),
  ('4-44', 'Ulysses', 'jj@example.org (James Joyce)', 'novel,,long', '730');
