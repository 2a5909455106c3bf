/** A new client_id: 26 characters of time and chance, so that ids sort as they were made. */
export function newID(): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let time = Date.now();
  let head = '';
  for (let i = 0; i < 10; i++) {
    head = alphabet[time % 32]! + head;
    time = Math.floor(time / 32);
  }
  const chance = crypto.getRandomValues(new Uint8Array(16));
  return head + Array.from(chance, (b) => alphabet[b % 32]).join('');
}
