//! The bridge between candle and extremum: variables of any shapes as one flat vector.
//!
//! candle keeps a network as many variables and computes a gradient for each. An update rule needs one vector of parameters
//! and one of gradients. [`Flat`] holds both, in the order of the variables:
//!
//! ```text
//! x = (all entries of variable 1, all of variable 2, ...),   g = ∂ loss / ∂ x
//! ```

#[cfg(test)]
mod tests;

use candle_core::{Device, Tensor, Var};
use extremum::first_order::{Rule, Update, Updater};

/// Variables of a network with their values and gradients as vectors.
pub struct Flat {
    variables: Vec<Var>,
    x: Vec<f32>,
    g: Vec<f32>,
}

impl Flat {
    /// The variables with their current values.
    pub fn new(variables: Vec<Var>) -> candle_core::Result<Self> {
        let mut x = Vec::new();
        for variable in &variables {
            x.extend(variable.flatten_all()?.to_vec1::<f32>()?);
        }
        let g = vec![0.0; x.len()];
        Ok(Self { variables, x, g })
    }

    /// The number of parameters, with which a rule is started.
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// The gradient of a loss at the parameters. A variable that the loss does not depend on has the gradient 0.
    pub fn gradient(&mut self, loss: &Tensor) -> candle_core::Result<&[f32]> {
        let gradients = loss.backward()?;
        let mut rest = &mut self.g[..];
        for variable in &self.variables {
            let (part, behind) = rest.split_at_mut(variable.elem_count());
            rest = behind;
            match gradients.get(variable) {
                Some(gradient) => part.copy_from_slice(&gradient.flatten_all()?.to_vec1()?),
                None => part.fill(0.0),
            }
        }
        Ok(&self.g)
    }

    /// Moves the parameters by one step of an update rule.
    pub fn step<R: Rule>(
        &mut self,
        loss: &Tensor,
        rule: &mut Updater<f32, R>,
    ) -> crate::Result<Update> {
        self.gradient(loss)?;
        let step = rule.step(&mut self.x, &self.g)?;
        self.scatter()?;
        Ok(step)
    }

    /// Writes x into the variables.
    fn scatter(&self) -> candle_core::Result<()> {
        let mut rest = &self.x[..];
        for variable in &self.variables {
            let (part, behind) = rest.split_at(variable.elem_count());
            rest = behind;
            variable.set(&Tensor::from_slice(part, variable.shape(), &Device::Cpu)?)?;
        }
        Ok(())
    }
}
