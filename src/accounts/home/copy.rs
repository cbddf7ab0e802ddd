use super::Accounts;
use crate::accounts::AccountError;

/// What moves to another home, in an order in which each row finds what it refers to. Sessions,
/// invitations and attempts do not: people sign in anew.
const TABLES: [(&str, &str); 7] = [
    ("meta", "key, value"),
    (
        "users",
        "name, title, created_at, is_disabled, clearance, password, password_set_at, totp_key, \
         totp_waiting, totp_step",
    ),
    ("old_passwords", "\"user\", set_at, password"),
    ("grants", "\"user\", role, granted_by, granted_at"),
    ("scopes", "\"user\", code"),
    (
        "tokens",
        "id, hash, \"user\", title, roles, created_at, expires_at",
    ),
    ("identities", "issuer, subject, \"user\", bound_at"),
];

impl Accounts {
    /// Writes every account with its password, grants, tokens and second factor, and the policy,
    /// into another home where nobody is yet; how many accounts.
    ///
    /// # Errors
    /// Somebody is there already, or what either home says.
    pub fn copy_to(&self, other: &Accounts) -> Result<usize, AccountError> {
        let held = self.read(|book| {
            let read = |(table, columns): &(&str, &str)| {
                book.rows(&format!("select {columns} from {table}"), &[])
            };
            TABLES.iter().map(read).collect::<Result<Vec<_>, _>>()
        })?;
        other.change(|book| {
            if book.row("select 1 from users", &[])?.is_some() {
                return Err(AccountError::refused(
                    "目的地已有账户。",
                    "there are accounts already where they should go",
                ));
            }
            for ((table, columns), rows) in TABLES.iter().zip(&held) {
                for row in rows {
                    let cells = row.cells();
                    let marks: Vec<String> = (1..=cells.len()).map(|n| format!("?{n}")).collect();
                    let marks = marks.join(", ");
                    // The version of its own tables stays.
                    let sql = format!(
                        "insert into {table} ({columns}) values ({marks}) on conflict do nothing"
                    );
                    book.execute(&sql, cells)?;
                }
            }
            Ok(())
        })?;
        let users = TABLES.iter().position(|(table, _)| *table == "users");
        Ok(users.map_or(0, |at| held[at].len()))
    }
}
