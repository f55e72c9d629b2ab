"""The database: sessions, pools, migrations, named statements, batches."""
