// Puts the library, the page's program and its style into one HTML file, dist/page.html, with
// a place for the data. There is nothing to bundle: the library's own build is one script.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

const here = (name) => new URL(name, import.meta.url)
const read = (name) => readFileSync(here(name), 'utf8')
const { version } = JSON.parse(read('node_modules/echarts/package.json'))

// A script ends at the first "</script" in it, wherever that stands.
const script = (text) => text.replaceAll('</script', '<\\/script')

const page = read('page.html')
  .replace('/*style*/', () => read('page.css'))
  .replace('/*library*/', () => script(read('node_modules/echarts/dist/echarts.min.js')))
  .replace('/*program*/', () => script(read('page.js')))
  .replace('{{version}}', () => version)

mkdirSync(here('dist/'), { recursive: true })
writeFileSync(here('dist/page.html'), page)
console.log(`dist/page.html: ${Math.round(page.length / 1024)} KB, Apache ECharts ${version}`)
