"""Which hosts a connection's calls go to."""

from __future__ import annotations

from uuid import UUID

import pytest
from requests_mock import ANY, Mocker

from tests import walk
from tests.conftest import Clock
from tests.web.connecting import store
from zoho import clients
from zoho.runtime import Amend


@pytest.mark.parametrize("location", ["eu", "in", "au", "jp", "ca", "cn", "sa", "uk", "ae"])
def test_connection_is_asked_at_the_hosts_of_its_own_data_center_alone(
    location: str, amend: Amend, sandbox: object, clock: Clock, user: object
) -> None:
    """Pitfalls 2 and 87: people outside the United States whose token was taken to .com."""
    connection_id: UUID | None = walk.connect(amend, user.id).connection_id  # type: ignore[attr-defined]
    assert connection_id is not None
    center = amend.data_centers.get(location)
    assert center is not None
    store(amend, connection_id, location=location, api_domain=center.api)
    connection = clients.load(amend, connection_id)

    with Mocker() as zoho:
        zoho.get(ANY, json={"org": [], "data": []})
        clients.crm_client(amend, connection).org()
        clients.desk_client(amend, connection).departments()

    asked = [f"{each.scheme}://{each.netloc}" for each in zoho.request_history]
    assert asked == [center.api, center.desk]
    assert not any(host.endswith(("zoho.com", "zohoapis.com")) for host in asked)
