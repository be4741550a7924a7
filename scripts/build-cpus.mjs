/**
 * The cores that a build runs on, in taskset's words (`1`, `2,3`), or null where it may have all of them.
 *
 * @param {string} allowed The cores of this process as Linux lists them (`0-3,6`, proc(5): Cpus_allowed_list).
 * @param {string | undefined} wanted How many the build may have. Unset or empty: all but one.
 * @returns {string | null}
 */
export function coresOfBuild(allowed, wanted) {
  const cores = allowed
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
  const count = Math.max(1, wanted ? Number(wanted) : cores.length - 1)
  return count < cores.length ? cores.slice(-count).join(',') : null
}
