import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const packed = /\.(html|js|css|svg|json)$/;

/** Leaves a .gz beside every text, so that the node never compresses anything, and the placeholder that git keeps. */
function finish(): Plugin {
  let dist = 'dist';
  return {
    name: 'finish',
    apply: 'build',
    configResolved(config) {
      dist = config.build.outDir;
    },
    closeBundle() {
      const walk = (dir: string): string[] => readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? walk(join(dir, e.name)) : [join(dir, e.name)]));
      for (const file of walk(dist).filter((f) => packed.test(f))) {
        const plain = readFileSync(file);
        const small = gzipSync(plain, { level: 9 });
        if (small.length < plain.length) writeFileSync(`${file}.gz`, small);
      }
      writeFileSync(join(dist, '.gitkeep'), '');
    },
  };
}

export default defineConfig({
  appType: 'mpa',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [finish()],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // light-dark() stays as it is written
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy of the pages has no place for inline code or style
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700, // the chart library, which comes with the first chart
    rolldownOptions: {
      input: { start: 'index.html', chat: 'chat/index.html', agent: 'agent/index.html', manager: 'manager/index.html', settings: 'settings/index.html', setup: 'setup/index.html', shop: 'shop/index.html', v1: 'src/loader/v1.ts' },
      // The loader's address is a promise to other people's pages; everything else changes its name with its content.
      output: {
        entryFileNames: (chunk) => (chunk.name === 'v1' ? 'w/v1.js' : 'assets/[name]-[hash].js'),
        // What every page with a conversation needs is one file: the smaller the pieces, the worse they pack.
        codeSplitting: { groups: [{ name: 'talk', test: /src\/(client\/(client|closing|frames|http|id|store|transcript)|ui\/(images|time|page|composer))\.ts$/ }] },
      },
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
