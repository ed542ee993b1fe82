// SPDX-License-Identifier: 0BSD
// One JSON question a line on stdin, one JSON answer a line on stdout, by @polkadot/util-crypto.
const crypto = require('@polkadot/util-crypto');
const { hexToU8a, u8aToHex } = require('@polkadot/util');
const readline = require('readline');

const bare = (bytes) => u8aToHex(bytes).slice(2);

const pairOf = (uri, scheme) => {
  const { phrase, path, password } = crypto.keyExtractSuri(uri);
  const mini = crypto.mnemonicToMiniSecret(phrase, password);
  const root = scheme === 'sr25519' ? crypto.sr25519PairFromSeed(mini)
    : crypto.ed25519PairFromSeed(mini);
  return crypto.keyFromPath(root, path, scheme);
};

const answers = {
  mnemonic: ({ words }) => ({ mnemonic: crypto.mnemonicGenerate(words) }),
  pair: ({ uri, scheme }) => {
    const { publicKey } = pairOf(uri, scheme);
    return { publicKey: bare(publicKey), address: crypto.encodeAddress(publicKey, 42) };
  },
  sign: ({ uri, scheme, message }) => {
    const sign = scheme === 'sr25519' ? crypto.sr25519Sign : crypto.ed25519Sign;
    return { signature: bare(sign(hexToU8a('0x' + message), pairOf(uri, scheme))) };
  },
  verify: ({ address, scheme, message, signature }) => {
    const verify = scheme === 'sr25519' ? crypto.sr25519Verify : crypto.ed25519Verify;
    const key = crypto.decodeAddress(address, false, 42);
    return { valid: verify(hexToU8a('0x' + message), hexToU8a('0x' + signature), key) };
  },
};

crypto.cryptoWaitReady().then(() => {
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const { ask, ...rest } = JSON.parse(line);
    console.log(JSON.stringify(answers[ask](rest)));
  });
});
