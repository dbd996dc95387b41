"""The texts of notices, one file per version, and how a notice or a weekly list becomes a letter or an e-mail. Reads its own texts only."""
