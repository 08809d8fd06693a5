"""What every process shares: settings, words, messages and the ledger."""
