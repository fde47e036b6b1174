"""One at a time: who comes second waits or goes away, and the lock ends with its transaction."""

import threading

import pytest
from django.db import connection, transaction

from command_center.core.locks import alone, first


def elsewhere(name):
    """Whether another process would be the first."""
    found = []

    def look():
        with transaction.atomic():
            found.append(first(name))
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.django_db
@pytest.mark.parametrize("take", [alone, first])
def test_who_comes_second_is_not_the_first_and_other_names_are_free(take):
    take("watering")
    assert not elsewhere("watering") and elsewhere("weeding")
    assert first("watering"), "who holds it may ask again"


@pytest.mark.django_db
def test_what_another_transaction_held_is_free_after_it():
    assert elsewhere("watering") and elsewhere("watering") and first("watering")
