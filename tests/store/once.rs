//! What every home promises of edits that are sent again.

use std::ops::Deref;

use suitu::store::{KeptAnswer, Once, Store, StoreError};

use super::{
    edits::{AT, all, edit_once, home, write},
    sample::{layer, period},
};

/// Every check, by name.
pub fn hold<H: Deref<Target: Store + Sized>>(make: impl Fn() -> H) {
    edits_of_one_key_are_written_once(&*make());
    twins_at_the_same_time_are_written_once(&*make());
    what_was_refused_keeps_no_answer(&*make());
}

pub fn once(key: &str) -> Once<'_> {
    Once {
        key,
        digest: "d1",
        answer: r#"{"穗":0.1}"#,
    }
}

fn edits_of_one_key_are_written_once(store: &dyn Store) {
    assert_eq!(store.answered("li", "k").unwrap(), None);
    let writes = [write("a", None, Some(home(113.1, 5)))];
    let number = edit_once(store, "li", &writes, Some(once("k"))).unwrap();
    let kept = KeptAnswer {
        digest: "d1".into(),
        number,
        answer: r#"{"穗":0.1}"#.into(),
    };
    assert_eq!(store.answered("li", "k").unwrap().as_ref(), Some(&kept));
    let other = Once {
        digest: "d2",
        answer: "other",
        ..once("k")
    };
    for (writes, again) in [(&writes[..], once("k")), (&[], once("k")), (&writes, other)] {
        match edit_once(store, "li", writes, Some(again)) {
            Err(StoreError::Answered(found)) => assert_eq!(*found, kept),
            done => panic!("{done:?}"),
        }
    }
    let history = store.history(&layer("residences"), &period(AT), "a");
    assert_eq!(history.unwrap().len(), 1);
    assert_eq!(store.change_number().unwrap(), number);
    // Somebody else calls another edit the same.
    assert_eq!(store.answered("wu", "k").unwrap(), None);
    let writes = [write("b", None, Some(home(113.2, 6)))];
    assert!(edit_once(store, "wu", &writes, Some(once("k"))).unwrap() > number);
    // Edits that change nothing are kept as well, and write nothing.
    let number = store.change_number().unwrap();
    assert_eq!(
        edit_once(store, "li", &[], Some(once("none"))).unwrap(),
        number
    );
    assert_eq!(
        store.answered("li", "none").unwrap().unwrap().number,
        number
    );
    assert_eq!(store.changes_since(number).unwrap(), []);
}

fn twins_at_the_same_time_are_written_once(store: &dyn Store) {
    let writes = [write("a", None, Some(home(113.1, 5)))];
    let written = std::thread::scope(|scope| {
        let twin = || edit_once(store, "li", &writes, Some(once("k")));
        let twins: Vec<_> = (0..6).map(|_| scope.spawn(twin)).collect();
        let done = twins.into_iter().map(|twin| twin.join().unwrap());
        done.filter(|done| match done {
            Ok(_) => true,
            Err(StoreError::Answered(kept)) => kept.answer != once("k").answer,
            Err(error) => panic!("{error}"),
        })
        .count()
    });
    assert_eq!(written, 1);
    assert_eq!(all(store).len(), 1);
}

fn what_was_refused_keeps_no_answer(store: &dyn Store) {
    let stale = [write("a", Some(home(113.1, 5)), None)];
    let refused = edit_once(store, "li", &stale, Some(once("k")));
    assert!(matches!(refused, Err(StoreError::EditConflict(_))));
    assert_eq!(store.answered("li", "k").unwrap(), None);
    let sound = [write("a", None, Some(home(113.1, 5)))];
    assert!(edit_once(store, "li", &sound, Some(once("k"))).is_ok());
}
