from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="low_stock",
            field=models.PositiveIntegerField(db_default=5, default=5, help_text="Below that, more is ordered."),
        ),
    ]
