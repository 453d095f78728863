export default defineEventHandler(() => ({ text: 'Rendered by Nuxt when asked' }))
