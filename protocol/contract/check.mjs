// Reads protocol/asyncapi.yaml and protocol/openapi.yaml as anybody's tools would.
import { readFile } from 'node:fs/promises'
import { Parser, fromFile } from '@asyncapi/parser'
import { Validator } from '@seriousme/openapi-schema-validator'

const protocol = new URL('../', import.meta.url)
const failures = []

{
  const { document, diagnostics } = await fromFile(new Parser(), new URL('asyncapi.yaml', protocol).pathname).parse()
  for (const d of diagnostics) {
    // 0 is an error, 1 a warning; below that it is advice, such as the newest version of the standard
    if (d.severity <= 1) failures.push(`asyncapi.yaml: ${d.path.join('.')}: ${d.message}`)
  }
  const operations = document?.operations().length ?? 0
  const messages = document?.components().messages().length ?? 0
  if (operations === 0 || messages === 0) failures.push('asyncapi.yaml: no operations or no messages')
  console.log(`asyncapi.yaml: AsyncAPI ${document?.version()}, ${operations} operations, ${messages} messages`)
}

// This validator follows no reference into another file; that they lead somewhere, and what they
// lead to, is checked by the Go tests of package protocol.
const openapi = (await readFile(new URL('openapi.yaml', protocol), 'utf8')).replaceAll(/\$ref: '\.\/schema\/[^']*'/g, 'x-shared: true') // a description may stand beside it

{
  const validator = new Validator()
  const { valid, errors } = await validator.validate(openapi)
  if (!valid) failures.push(`openapi.yaml: ${typeof errors === 'string' ? errors : JSON.stringify(errors, null, 1)}`)
  const paths = Object.keys(validator.specification?.paths ?? {}).length
  if (paths === 0) failures.push('openapi.yaml: no paths')
  console.log(`openapi.yaml: OpenAPI ${validator.version}, ${paths} paths`)
}

// A validator that accepts everything would not be noticed: each must refuse a damaged copy.
{
  const text = await readFile(new URL('asyncapi.yaml', protocol), 'utf8')
  const damaged = text.replaceAll('action: receive', 'action: take')
  const { diagnostics } = await new Parser().parse(damaged)
  if (!diagnostics.some((d) => d.severity === 0)) failures.push('the AsyncAPI validator accepts an action that does not exist')
}
{
  const { valid } = await new Validator().validate(openapi.replaceAll('in: path', 'in: nowhere'))
  if (valid) failures.push('the OpenAPI validator accepts a parameter that is nowhere')
}

for (const f of failures) console.error(f)
process.exit(failures.length ? 1 : 0)
