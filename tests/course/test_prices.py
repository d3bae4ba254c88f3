"""The prices that test the model are those that it has not seen."""

import pandas as pd

from aistack import cloud
from course.prices import posted_prices, unseen_prices

LIST = ["provider", "chip", "price_type", "usd_per_accelerator_hour"]


def test_no_unseen_price_is_of_a_fitted_source_or_repeats_one() -> None:
    prices, unseen = posted_prices(), unseen_prices()
    fitted = prices[prices["source_id"].isin(cloud.PRICE_SOURCES)]
    assert len(unseen) > 100
    assert not unseen["source_id"].isin(cloud.PRICE_SOURCES).any()
    assert pd.merge(unseen[LIST], fitted[LIST], on=LIST).empty


def test_firms_that_were_fitted_are_told_apart() -> None:
    unseen = unseen_prices()
    known = set(unseen.loc[unseen["fitted_provider"], "provider"])
    assert "AWS" in known
    assert not known & set(unseen.loc[~unseen["fitted_provider"], "provider"])
