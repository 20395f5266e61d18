-- How much of an account may be taken although it is more than its amount: what was taken when the
-- amount was last changed. Until the next change
--   spent + leased + reserved + expired <= max(amount, ceiling)
ALTER TABLE accounts ADD COLUMN ceiling INTEGER NOT NULL DEFAULT 0 -- micro-credits: taken when the amount was set
    CONSTRAINT accounts_ceiling CHECK (ceiling >= 0);

UPDATE accounts SET ceiling = spent + leased + reserved + expired;

-- A new period opens with what its scope has spent, which may be more than its amount.
CREATE TRIGGER accounts_begin AFTER INSERT ON accounts
BEGIN
    UPDATE accounts SET ceiling = NEW.spent WHERE number = NEW.number;
END;

CREATE TRIGGER accounts_amount_changes AFTER UPDATE OF amount ON accounts
BEGIN
    UPDATE accounts SET ceiling = NEW.spent + NEW.leased + NEW.reserved + NEW.expired
    WHERE number = NEW.number;
END;
