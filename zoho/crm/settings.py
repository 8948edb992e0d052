"""CRM around the records: organization, users, modules, fields, layouts, dependencies, and what this token may call."""

from __future__ import annotations

from typing import Any

from zoho.calls import check_id, check_module
from zoho.crm.reading import Reading
from zoho.errors import RequestRefusedError

MAX_USERS = 1_000
MAX_DEPENDENCIES = 1_000
MAX_VIEWS = 200


class CrmSettings(Reading):
    """The operations on settings. Source: crm.md of the dossier, sections 1, 2, 3 and 5."""

    def org(self) -> dict[str, Any]:
        """``GET /org``: id, zgid, company_name, domain_name, type, time_zone; {} when Zoho tells nothing."""
        return next(iter(self._rows("/org", "org")), {})

    def current_user(self) -> dict[str, Any]:
        """The Zoho user whose token this is: id, zuid, full_name, email, time_zone; {} when Zoho tells nothing."""
        return next(iter(self._rows("/users", "users", {"type": "CurrentUser"})), {})

    def users(self) -> list[dict[str, Any]]:
        """The active users, at most 1,000, each once."""
        return self._all("/users", "users", {"type": "ActiveUsers"}, MAX_USERS)

    def modules(self) -> list[dict[str, Any]]:
        """All modules as Zoho describes them; ``editable_modules`` chooses."""
        return self._rows("/settings/modules", "modules")

    def fields(self, module: str) -> list[dict[str, Any]]:
        """The fields of all layouts of a module."""
        return self._rows("/settings/fields", "fields", {"module": check_module(module)})

    def layouts(self, module: str) -> list[dict[str, Any]]:
        """The layouts of a module, with their sections and fields."""
        return self._rows("/settings/layouts", "layouts", {"module": check_module(module)})

    def list_views(self, module: str) -> list[dict[str, Any]]:
        """The list views of a module that this user sees: id, display_value, category, default; at most 200."""
        return self._all("/settings/custom_views", "custom_views", {"module": check_module(module)}, MAX_VIEWS)

    def dependencies(self, module: str, layout_id: str) -> list[dict[str, Any]]:
        """Which picklists of a layout decide what another offers: ``parent`` and ``child``; ``dependency`` has all values."""
        path = f"/settings/layouts/{check_id(layout_id)}/map_dependency"
        return self._all(path, "map_dependency", {"module": check_module(module)}, MAX_DEPENDENCIES)

    def dependency(self, module: str, layout_id: str, id: str) -> dict[str, Any]:
        """One dependency: under ``pick_list_values`` each parent value with the child values (``maps``) that fit it.

        Raises RequestRefusedError when there is none with this id.
        """
        path = f"/settings/layouts/{check_id(layout_id)}/map_dependency/{check_id(id)}"
        found = self._rows(path, "map_dependency", {"module": check_module(module)})
        if not found:
            raise RequestRefusedError(f"GET {path}: nothing", summary="There is no such dependency.", advice="List the dependencies.")
        return found[0]

    def apis(self) -> list[dict[str, Any]]:
        """Every path with its ``operation_types``: method, oauth_scope, min_credits, max_credits. One credit."""
        return self._rows("/__apis", "__apis")
