"""卡速售 from a supplier's side: a shop sells our top-ups, we poll its orders, take them over and
end them. `calls` writes our calls and reads their answers."""
