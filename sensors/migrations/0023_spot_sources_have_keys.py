from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sensors", "0022_answers_of_terminals")]

    operations = [migrations.RenameField("spotsource", "token_hash", "token_key")]
