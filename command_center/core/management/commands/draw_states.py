"""Draw every state table into docs/states/, one Mermaid page each."""

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Draw every state table into docs/states/."

    def handle(self, *args, **options):
        folder = settings.BASE_DIR / "docs" / "states"
        folder.mkdir(parents=True, exist_ok=True)
        for machine in {
            m.machine.name: m.machine for m in apps.get_models() if hasattr(m, "machine")
        }.values():
            page = f"# {machine.name}\n\n```mermaid\n{machine.mermaid()}```\n"
            (folder / f"{machine.name}.md").write_text(page)
            self.stdout.write(f"docs/states/{machine.name}.md")
