INSERT INTO users
SELECT g, 'user' || g || '@' || (array['example.com', 'mail.test', 'corp.example', 'people.org'])[1 + g % 4],
       initcap(substr(md5(g::text), 1, 6)) || ' ' || initcap(substr(md5((g * 7)::text), 1, 9)),
       1500000000000 + g * 137,
       timestamptz '2020-01-01 00:00:00Z' + (g * 31 % 100000000) * interval '1 second'
         + (g % 1000000) * interval '1 microsecond',
       CASE WHEN g % 11 = 0 THEN NULL ELSE g % 3 = 0 END, ((g * 7919) % 100000000)::numeric / 100,
       jsonb_build_object('plan', (array['free', 'pro', 'team'])[1 + g % 3],
                          'tags', jsonb_build_array('t' || g % 17, 't' || g % 23), 'n', g % 1000,
                          'bio', md5((g * 3)::text))
FROM generate_series(1, :rows::bigint) g;
