CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE logins(id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id));
CREATE VIEW names AS SELECT name FROM users;
CREATE VIEW long_names AS SELECT name FROM names WHERE length(name) > 10;
CREATE TRIGGER login_seen AFTER INSERT ON logins BEGIN UPDATE users SET name = name WHERE id = new.user_id; END;
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace');
