//! Forged checkpoints: damaged bytes with a checksum that fits.

/// The bytes with the checksum that ends a checkpoint: FNV-1a with 64 bits.
pub fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    bytes.extend(hash.to_le_bytes());
    bytes
}

/// The bytes before the checksum.
pub fn unsealed(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - 8]
}
