declare module 'vera:partials' {
  const partials: Record<string, unknown>
  export default partials
}
declare module 'vera:texts/es' {
  const texts: Record<string, string>
  export default texts
}
declare module 'vera:texts/en-US' {
  const texts: Record<string, string>
  export default texts
}
declare module 'handlebars/runtime' {
  import Handlebars from 'handlebars'
  export default Handlebars
}
