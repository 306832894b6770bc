return {
  name = "stand-in",
  fields = {
    { config = { type = "record", fields = {} } },
  },
}
