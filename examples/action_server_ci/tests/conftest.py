"""No test asks the real carrier."""

import httpx
import pytest
import respx
from actions.parcels import CARRIER


@pytest.fixture(autouse=True)
def carrier():
    """Be the carrier: parcel AB1234 is on its way, of all others nothing is known."""
    with respx.mock(assert_all_called=False) as router:
        router.get(f"{CARRIER}/AB1234").respond(json={"state": "on_its_way"})
        router.get(url__startswith=CARRIER).mock(return_value=httpx.Response(404))
        yield router
