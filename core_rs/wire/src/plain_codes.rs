//! The codes of plain lines: how many are wanted, and who gets which.

use quangate_stock::slab::Run;

use crate::plain_lines::PlainLines;

impl PlainLines {
    /// Divides claimed runs, by outlet, among the lines in their order. False: they are not exactly
    /// what the lines want, and nothing is changed.
    pub fn give_codes(&mut self, mut claimed: Vec<(i64, Vec<Run>)>) -> bool {
        let (mut given, mut places) = (Vec::with_capacity(self.lines.len()), Vec::new());
        for (_, runs) in &mut claimed {
            runs.reverse();
        }
        for line in &self.lines {
            let (start, mut wanted) = (given.len(), line.quantity);
            let outlet = self.offers()[line.sku].outlet;
            let Some((_, runs)) = claimed.iter_mut().find(|(of, _)| *of == outlet) else {
                return false;
            };
            while wanted > 0 {
                let Some(run) = runs.last_mut() else {
                    return false;
                };
                let count = wanted.min(run.count);
                given.push(Run { count, ..*run });
                run.seq_lo += i64::from(count);
                run.count -= count;
                wanted -= count;
                if run.count == 0 {
                    runs.pop();
                }
            }
            places.push(start..given.len());
        }
        if claimed.iter().any(|(_, runs)| !runs.is_empty()) {
            return false;
        }
        for (line, place) in self.lines.iter_mut().zip(places) {
            line.runs = place;
        }
        self.runs = given;
        true
    }

    /// Codes that are wanted of each outlet, in the order of their first lines.
    #[must_use]
    pub fn wanted(&self) -> Vec<(i64, u32)> {
        let mut wanted: Vec<(i64, u32)> = Vec::with_capacity(1);
        for (line, offer) in self.sold() {
            match wanted
                .iter_mut()
                .find(|(outlet, _)| *outlet == offer.outlet)
            {
                Some((_, codes)) => *codes += line.quantity,
                None => wanted.push((offer.outlet, line.quantity)),
            }
        }
        wanted
    }
}
