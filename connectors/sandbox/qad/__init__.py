"""QAD: Adaptive ERP by REST and Enterprise Edition by QXtend, over one set of books."""
