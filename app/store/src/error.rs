//! The errors of the store. No error shows a secret.

use crate::sign_in::second_step::PendingSignIn;
use domain::members::membership::Refusal;
use domain::sign_in::password_reset;
use sqlx::sqlite::SqliteError;
use std::path::PathBuf;
use std::time::Duration;

/// The reason why an operation was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The account has no such thing, or no longer has it; another account may.
    #[error("there is no such thing in this account; load the list again")]
    NotFound,
    /// It was changed since the given revision.
    #[error("it was changed meanwhile; load it again and repeat the change")]
    Conflict,
    /// A request with the same id was carried out before.
    #[error("this request was carried out already; load the list to see its result")]
    AlreadyDone,
    /// E-mail address and password do not match.
    #[error("e-mail address or password is wrong; check both and try again")]
    WrongCredentials,
    /// This is not the current user's password.
    #[error("the password is wrong; try again")]
    WrongPassword,
    /// The password was given too long ago.
    #[error("give the password again to do this")]
    StepUpNeeded,
    /// The password is right, and the user has a second factor, with which signing in goes on. The state for that was
    /// stored.
    #[error("give a code of the authenticator or a recovery code to go on")]
    SecondStepNeeded(PendingSignIn),
    /// The code is wrong, or was used before.
    #[error("the code is wrong or was used already; wait for the next one and try again")]
    WrongCode,
    /// The answer is not from one of the user's passkeys, not to the challenge that was given, or too late.
    #[error("this passkey is not known here, or took too long; try again or sign in another way")]
    WrongPasskey,
    /// The current user has the most passkeys that a user may have.
    #[error("remove a passkey that is no longer used before adding another")]
    TooManyPasskeys,
    /// The password was given too long ago to go on with the second factor.
    #[error("signing in took too long; begin again")]
    SignInOver,
    /// The current user has no second factor, which this operation needs.
    #[error("set up two-step sign-in on your profile first")]
    SecondFactorNeeded,
    /// Too many failed attempts to sign in.
    #[error("too many failed attempts; try again in {} s", .retry_after.as_secs())]
    Throttled {
        /// The time until the next attempt is accepted.
        retry_after: Duration,
    },
    /// Another user has this e-mail address.
    #[error("a user with that e-mail address exists already; choose another address")]
    EmailTaken,
    /// The account already has a user with this e-mail address, active or not.
    #[error("a user of the account has that e-mail address already; reinstate them if they are deactivated")]
    AlreadyMember,
    /// The account would be left without an active administrator.
    #[error("an account needs an active Account Administrator; make another user one first")]
    LastAdministrator,
    /// The current user is no longer an active administrator.
    #[error("only an active Account Administrator may do this; ask one")]
    NotAllowed,
    /// The invitation has expired, was accepted, withdrawn or replaced, or never was.
    #[error("there is no such invitation any more; ask an Account Administrator for a new one")]
    InvitationOver,
    /// The link to set a new password has expired, was used or replaced, or never was.
    #[error("this link can't be used any more; ask for a new one")]
    ResetOver,
    /// The user may not work in the account.
    #[error("the user is deactivated; reinstate them first")]
    Deactivated,
    /// The user belongs to other accounts too, so no administrator of one account may see a link to their password.
    #[error(
        "the user belongs to other accounts too; only mail or `kagitaba user set-password` can reset their password"
    )]
    BelongsElsewhere,
    /// The person whom the identity provider vouches for may not work in any account.
    #[error("no active user has that e-mail address; ask an Account Administrator for an invitation")]
    NotInvited,
    /// The identity provider vouches for another person with the same e-mail address.
    #[error("the user of that e-mail address is linked to another identity of the provider; have that one unlinked")]
    LinkedOtherwise,
    /// Another account has this name.
    #[error("an account of that name exists already; choose another name")]
    AccountExists,
    /// The database was used with another server key before.
    #[error("the server key is another one than the database's access tokens are hashed with; use that one")]
    WrongKey,
    /// The database is of a version whose audit trail had no chain.
    #[error(
        "the database is of a version before the audit trail was chained; bring it to this one's form: kagitaba migrate"
    )]
    Unchained,
    /// The URL names a kind of database that the store does not support.
    #[error("`{0}` is no kind of database that can be used; write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    UnsupportedDatabase(String),
    /// The token's Auth Token is not stored, or can't be read.
    #[error("its Auth Token can't be viewed; reset the access token to get a new one")]
    NotViewable,
    /// The sealing keys are missing or can't be read.
    #[error("the sealing keys can't be used: {0}")]
    SealingKeys(String),
    /// Another process serves the `SQLite` database with this lock file, or migrates it.
    #[error(
        "a Kagitaba server uses this database already ({} is locked); stop it first: it would not hear of what another \
         process changes. One server at a time can use an SQLite database, any number one on PostgreSQL",
        .0.display()
    )]
    InUse(PathBuf),
    /// A server uses the `PostgreSQL` database.
    #[error(
        "a Kagitaba server uses the PostgreSQL database; stop all servers first, and wait 10 seconds for one that was killed"
    )]
    Served,
    /// The `SQLite` file has hard links.
    #[error(
        "{} has other names (hard links), by which SQLite would damage it; remove them, or make a copy by `kagitaba backup`",
        .0.display()
    )]
    SeveralNames(PathBuf),
    /// A pooler gives one `PostgreSQL` session to several connections in turn.
    #[error(
        "a pooler between here and PostgreSQL hands sessions on after each transaction, so settings and notifications get \
         lost; nothing was changed. Set it to session pooling (PgBouncer: pool_mode = session), or go around it"
    )]
    SharedSessions,
    /// A file of the backup's name exists already; a backup never overwrites a file.
    #[error("{} exists already; name a new file", .0.display())]
    BackupExists(PathBuf),
    /// The database is not an `SQLite` one, the only kind that is backed up here.
    #[error("a PostgreSQL database is backed up by PostgreSQL's own tools; use pg_dump")]
    NotBackedUpHere,
    /// Both databases of a move are of the same kind.
    #[error("both databases are of the same kind; copy an SQLite file as a file, PostgreSQL with pg_dump")]
    SameKind,
    /// The database to move from is empty.
    #[error("the database to move from has nothing in it; check its address")]
    NothingToMove,
    /// The database to move to has rows in this table.
    #[error("the database to move to has something in its table {0} already; name an empty one")]
    NotEmpty(&'static str),
    /// The rows of this table differ after the move.
    #[error("the table {0} has come out different, so nothing was moved; report it, please")]
    Differs(&'static str),
    /// The database failed.
    #[error("the database failed; check the database server or its file, the disk and the permissions: {0}")]
    Database(#[from] sqlx::Error),
    /// The database could not be migrated to this version.
    #[error("the database could not be migrated; restore a backup or use the version that it is of: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row holds something that no version has written.
    #[error("the database holds something unreadable ({0}); restore a backup")]
    Corrupt(String),
    /// A password could not be hashed, or its hash could not be read.
    #[error("the password could not be checked or stored ({0}); try again")]
    Password(String),
}

impl Error {
    /// The time after which to try again if the database does not answer, in seconds.
    pub const RETRY_AFTER: u16 = 5;

    /// Returns whether the database does not answer at the moment, but may later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        use sqlx::Error as E;
        match self {
            Self::Database(E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed) => true,
            _ if self.sqlite_code().is_some() => {
                // Another process holds the database, or a table of it (SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL),
                // or the disk is full, fails, or can't be written or opened (SQLITE_FULL, SQLITE_IOERR,
                // SQLITE_READONLY, SQLITE_CANTOPEN).
                self.sqlite_code().is_some_and(|code| matches!(code, 5 | 6 | 8 | 10 | 13 | 14 | 15))
            }
            Self::Database(E::Database(error)) => {
                let code = error.code().unwrap_or_default();
                // Connection exceptions, too many connections, timeouts of a lock or an idle transaction, and a server
                // that is shutting down or starting up (PostgreSQL, appendix A).
                code.starts_with("08") || matches!(&*code, "25P03" | "53300" | "55P03" | "57P01" | "57P02" | "57P03")
            }
            _ => false,
        }
    }

    /// Returns whether `SQLite` was not allowed to write (`SQLITE_READONLY`).
    pub(crate) fn is_read_only(&self) -> bool {
        self.sqlite_code() == Some(8)
    }

    /// Returns the primary result code of an error of `SQLite`. The other bits of its number give the details.
    fn sqlite_code(&self) -> Option<u32> {
        let Self::Database(sqlx::Error::Database(error)) = self else { return None };
        error.try_downcast_ref::<SqliteError>()?;
        Some(error.code()?.parse::<u32>().ok()? & 0xff)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAllowed => Self::NotAllowed,
            Refusal::NoSuchUser => Self::NotFound,
            Refusal::LastAdministrator => Self::LastAdministrator,
        }
    }
}

impl From<password_reset::Refusal> for Error {
    fn from(refusal: password_reset::Refusal) -> Self {
        match refusal {
            password_reset::Refusal::Deactivated => Self::Deactivated,
            password_reset::Refusal::BelongsElsewhere => Self::BelongsElsewhere,
        }
    }
}
