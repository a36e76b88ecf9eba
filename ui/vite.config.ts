import { fileURLToPath } from 'node:url'

/** How the console is built: one page, its scripts and styles as files, nothing from outside. */
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

const desk = 'http://127.0.0.1:4400'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [svelte()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // The page's content policy allows scripts and styles from the desk alone: nothing is written into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    port: 4401,
    strictPort: true,
    proxy: { '/api': desk, '/ws': { target: desk.replace('http', 'ws'), ws: true } },
  },
})
