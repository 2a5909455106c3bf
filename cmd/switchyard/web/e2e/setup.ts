// Builds what the tests run: the pages, then the node that carries them. SWITCHYARD names a node that
// was built already.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const web = new URL('..', import.meta.url).pathname;

export default function setup() {
  if (process.env['SWITCHYARD']) return;
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-e2e-'));
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: web, stdio: ['ignore', 'ignore', 'inherit'] });
  process.env['SWITCHYARD'] = join(dir, 'switchyard');
  execFileSync('go', ['build', '-o', process.env['SWITCHYARD'], './cmd/switchyard'], { cwd: join(web, '../../..'), stdio: 'inherit' });
  return () => rmSync(dir, { recursive: true, force: true });
}
