/** The console's entry: makes the state, wires it to the desk, and shows it. */
import { mount } from 'svelte'

import Console from './Console.svelte'
import './console.css'
import { createConsole } from './state/console.svelte.ts'

const target = document.querySelector('#console')
if (target === null) throw new Error('Cannot show the console: the page has no #console')

const view = createConsole({ origin: location.origin })
mount(Console, { target, props: { view } })
view.start()
