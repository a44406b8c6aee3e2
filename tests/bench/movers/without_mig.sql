DO $$
DECLARE own text;
BEGIN
  FOR own IN SELECT tablename FROM pg_tables WHERE tablename LIKE 'mig\_%' LOOP
    EXECUTE format('DROP TABLE %I', own);
  END LOOP;
END $$;
