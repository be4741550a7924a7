import { NAME } from './docker-project.ts'
import { testInTools } from './in-tools.ts'

await testInTools(NAME, 'docker-registry.inside.ts')
