//! The memories of the rules in a checkpoint, for `#[serde(with = "memories")]`: their number, then one after the
//! other.
//!
//! Many rules remember nothing, which takes no bytes: without a limit, a damaged number would be accepted and counted
//! to.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most groups of parameters in a checkpoint.
const MOST: usize = 1 << 20;

pub(super) fn serialize<M: Serialize, S: Serializer>(
    memory: &[M],
    to: S,
) -> Result<S::Ok, S::Error> {
    memory.serialize(to)
}

pub(super) fn deserialize<'de, M: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<M>, D::Error> {
    from.deserialize_seq(Memories(PhantomData))
}

struct Memories<M>(PhantomData<M>);

impl<'de, M: Deserialize<'de>> Visitor<'de> for Memories<M> {
    type Value = Vec<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MOST} groups of parameters")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<M>, A::Error> {
        let mut memories = Vec::new();
        while let Some(memory) = from.next_element()? {
            if memories.len() == MOST {
                return Err(A::Error::custom("more groups of parameters than a rule can have"));
            }
            memories.push(memory);
        }
        Ok(memories)
    }
}
