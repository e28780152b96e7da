"""Money for SPIFFs and referrals on its way out: who is owed how much, and that it was paid."""
