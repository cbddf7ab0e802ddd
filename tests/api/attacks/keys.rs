//! A home that was published is never published with another key or k.

use suitu::{
    protection::{self, Policy, PublishError},
    store::Store,
};

use super::{
    city::Attacked,
    dice::Dice,
    reader::Reader,
    unseen::{questions, told},
};

pub async fn attack(city: &Attacked, viewer: &Reader<'_>, times: usize) {
    let mut dice = Dice(3);
    let text = city.policy.to_text();
    let k = format!("k = {}", city.policy.k());
    let (digits, rest) = text.split_at(text.find("key = \"").expect("a key") + 7);
    let (settings, number) = (
        city.public.store.settings(),
        city.public.store.change_number(),
    );
    let (settings, number) = (settings.expect("read"), number.expect("read"));
    let kept = city.exact.store.network_number("protection").expect("read");
    let mut before = Vec::new();
    for question in questions(&mut Dice(8)) {
        before.push(told(viewer, &question).await);
    }
    for n in 0..times {
        let other = match n % 2 {
            // Another k, or one digit of the key.
            0 => text.replace(&k, &format!("k = {}", 11 + dice.below(900))),
            _ => {
                let mut key: Vec<char> = rest.chars().collect();
                let at = dice.below(64);
                key[at] = if key[at] == '0' { '1' } else { '0' };
                digits.to_owned() + &key.into_iter().collect::<String>()
            }
        };
        let other = Policy::parse(&other).expect("a policy");
        assert_ne!(other, city.policy);
        let (exact, public) = (&city.exact, &city.public);
        let refused = protection::publish(
            &exact.city(),
            &*exact.store,
            &*public.store,
            &other,
            "2026-11-26",
        );
        assert!(
            matches!(refused, Err(PublishError::OtherPolicy)),
            "{refused:?}"
        );
    }
    assert_eq!(city.public.store.settings().expect("read"), settings);
    assert_eq!(city.public.store.change_number().expect("read"), number);
    let now = city.exact.store.network_number("protection");
    assert_eq!(now.expect("read"), kept);
    city.public.follow();
    for (question, before) in questions(&mut Dice(8)).iter().zip(&before) {
        assert!(told(viewer, question).await == *before, "{question:?}");
    }
}
