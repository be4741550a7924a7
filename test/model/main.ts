// Tests by model, as a program: `node test/model/main.ts [--runs N] [--seed S]`. Exits with 1 where a run broke a rule.
import { parseArgs } from 'node:util'
import { checkModel } from './check-model.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const { words, isGood } = await checkModel({ runs: Number(values.runs), seed: Number(values.seed) })
console.log(words)
process.exit(isGood ? 0 : 1)
