/**
 * The algorithms of SSH that only old servers need, mostly dropbear's of firmware before 2020. A board names those that its
 * server has no better ones for; nothing else ever offers them.
 */
export const legacyAlgorithms = [
  'diffie-hellman-group1-sha1',
  'diffie-hellman-group14-sha1',
  'diffie-hellman-group-exchange-sha1',
  'ssh-rsa',
  'ssh-dss',
  'aes128-cbc',
  'aes192-cbc',
  'aes256-cbc',
  '3des-cbc',
  'blowfish-cbc',
  'hmac-sha1-etm@openssh.com',
  'hmac-sha1',
  'hmac-sha1-96',
  'hmac-md5',
  'hmac-md5-96',
] as const;

export type LegacyAlgorithm = (typeof legacyAlgorithms)[number];
